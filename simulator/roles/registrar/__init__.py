"""The registrar: accounts, their names, and the levers on them."""
