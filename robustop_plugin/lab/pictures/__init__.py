"""Pictures of stops. Needs the extra `report`: whoever imports a module from here says so when it is missing."""
