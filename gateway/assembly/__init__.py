"""How the parts are put together: a module a subject, each opening what it needs on the ground below it."""
