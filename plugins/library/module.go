package library

// ID is the module's name in terminal.toml, and the purpose a consent names.
const ID = "library"
