"""Databases that hold a program's state: opening one only to look at it."""
