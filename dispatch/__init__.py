"""The business: orders, promises, the city, planning, quoting and the dispatcher."""
