"""Who is called with what: functions, classes, decorators, and what nobody sees."""
