import { BlockList, isIP } from 'node:net'
import { ApiProblem } from './problems.ts'

// From where an API token is taken: addresses, or networks such as 203.0.113.0/24 (RFC 4632; RFC 4291, section 2.3).

type Network = { readonly address: string; readonly family: 'ipv4' | 'ipv6'; readonly bits: number }

function readNetwork(text: string): Network | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return undefined
  const most = version === 4 ? 32 : 128
  if (bits === undefined) return { address, family: version === 4 ? 'ipv4' : 'ipv6', bits: most }
  // A network of all addresses would be no limit: then there should be none.
  if (!/^\d{1,3}$/.test(bits) || Number(bits) < 1 || Number(bits) > most) return undefined
  return { address, family: version === 4 ? 'ipv4' : 'ipv6', bits: Number(bits) }
}

/** @throws ApiProblem that names each that is none */
export function readAddresses(given: readonly string[]): string[] {
  const all = given.map((text) => text.trim())
  const wrong = all.flatMap((text, index) => (readNetwork(text) ? [] : [{ text, index }]))
  if (wrong.length === 0) return [...new Set(all)]
  throw new ApiProblem(
    'REQUEST_INVALID',
    `These are no addresses or networks: ${wrong.map(({ text }) => `“${text}”`).join(', ')}. They look like 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.`,
    {
      problems: wrong.map(({ index }) => ({
        field: `body.addresses.${index}`,
        message: 'is no address and no network such as 203.0.113.0/24',
      })),
    },
  )
}

/** @param from the client's address as Fastify has it: that of a proxy only where no proxy is trusted */
export function isFrom(addresses: readonly string[], from: string): boolean {
  const list = new BlockList()
  for (const text of addresses) {
    const network = readNetwork(text)
    if (network) list.addSubnet(network.address, network.bits, network.family)
  }
  // Of a server that listens on “::” an IPv4 client is ::ffff:203.0.113.7 (RFC 4291, section 2.5.5.2).
  const plain = from.replace(/^::ffff:(?=\d+\.)/i, '')
  return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')
}
