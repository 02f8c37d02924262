"""人员与任职: the pages of those who look after accounts and terms."""
