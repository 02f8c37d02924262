"""设置: categories, tiles, the working calendar, the town's numbers for cases."""

urlpatterns = []
