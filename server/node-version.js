// Plain JavaScript, loaded before anything else: an old Node could not even read the rest.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  console.error(
    `Tieline needs Node.js 24.12 or newer; this is ${process.versions.node}. On Linux “npm ci” brings one along and ` +
      '“npm start” uses it; elsewhere install Node.js 24.',
  )
  process.exit(1)
}
