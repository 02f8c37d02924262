"""`manage.py check_audit`: the audit log has no gap, no changed entry, and still holds the head noted last time."""

from django.core.management.base import BaseCommand, CommandError

from grids import audit_chain


class Command(BaseCommand):
    help = "核对审计日志的哈希链；不符时以 1 退出，并指出第一处。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--noted", metavar="编号:摘要", help="上次抄下的链尾，核对它是否还在，例如 1024:9f86…（完整摘要）"
        )

    def handle(self, *args, noted=None, **options):
        broken = audit_chain.first_break()
        if broken:
            raise CommandError(f"审计日志不完整：{broken}", returncode=1)
        if noted and not audit_chain.stands(self._link(noted)):
            raise CommandError(f"审计日志不完整：抄下的链尾 {noted} 已不在其中。", returncode=1)
        head = audit_chain.head()
        if head is None:
            self.stdout.write("审计日志是空的。")
        else:
            self.stdout.write(f"审计日志完整：共 {head.id} 条，链尾 {head.id}:{head.digest}")

    def _link(self, noted):
        entry, _, digest = noted.partition(":")
        if not entry.isdigit() or len(entry) > 18:
            raise CommandError("链尾写作“编号:摘要”。", returncode=2)
        return audit_chain.Link(int(entry), digest)
