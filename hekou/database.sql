-- The two roles of an installation and what each may do; run by a superuser inside the database, any number of times.
-- hekou_owner owns the tables and runs migrations. hekou_app serves the pages: it reads and writes rows, makes no
-- tables, cannot TRUNCATE, and row-level security will bind it. Passwords are set afterwards with \password.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hekou_owner') THEN
        CREATE ROLE hekou_owner LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hekou_app') THEN
        CREATE ROLE hekou_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS;
    END IF;
END
$$;

-- Pages ask for few rows of large tables. On a disk without moving parts an index is worth it far sooner than the
-- default believes, and compiling a query takes longer than running it.
ALTER ROLE hekou_app SET random_page_cost = 1.1;
ALTER ROLE hekou_app SET jit = off;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO hekou_owner;
GRANT USAGE ON SCHEMA public TO hekou_app;
ALTER DEFAULT PRIVILEGES FOR ROLE hekou_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hekou_app;
ALTER DEFAULT PRIVILEGES FOR ROLE hekou_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO hekou_app;
