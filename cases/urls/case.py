"""One case: its page, presses and prints."""

urlpatterns = []
