"""The report's sections in their order: what each is called and which tables it reads. SQL stands beside each."""
