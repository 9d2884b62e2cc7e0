"""How good the forecasts are, beside forecasts that need no network."""
