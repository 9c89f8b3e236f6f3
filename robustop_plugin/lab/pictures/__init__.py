"""Pictures of stops. Needs the extra `report`; callers report it if it is missing."""
