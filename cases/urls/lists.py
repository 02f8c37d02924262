"""The lists that people live in, and the ledger."""

urlpatterns = []
