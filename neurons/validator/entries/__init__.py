"""Circuits that miners enter into competitions: fetched, and believed only as far as they were derived anew."""
