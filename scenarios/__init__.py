"""Worlds to plan in: demand, couriers, simulation, public instances and metrics."""
