"""The validator: asks miners for scores, checks, scores and publishes what they prove."""
