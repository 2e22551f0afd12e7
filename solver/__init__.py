"""The vehicle-routing core: integers and arrays, no orders, couriers or clocks."""
