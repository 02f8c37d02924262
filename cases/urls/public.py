"""A resident's own matter, without an account."""

urlpatterns = []
