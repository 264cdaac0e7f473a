/** Names of texts that are ids, and by which nothing can be told. */
export const IDS: { readonly [key: string]: string } = {
  id: 'made by us, or the id of a step: letters and digits (server/flow/document/flow.ts)',
  next: 'says where the next page of a list begins; nobody sees it',
  hash: 'a digest, made by us',
  path: 'drawn by us: the path of a QR code',
  zone: 'a time zone of the list, checked when it is taken',
}

/**
 * Names of texts by which a page finds its way: an ordinary look leaves them as they are, since it would show little
 * else. The looks of `strange` have a payload there too.
 */
export const WAYS: { readonly [key: string]: string } = {
  node: 'the id of a step',
  causeNode: 'the id of a step',
  nodes: 'ids of steps',
  operation: 'of the catalogue',
  operations: 'of the catalogue',
  connector: 'of the catalogue',
  connectors: 'of the catalogue',
  slot: 'letters and digits, in a document of a flow',
  state: 'a word of ours',
  kind: 'a word of ours',
  port: 'of an operation',
  input: 'of an operation',
  from: 'the id of a step, or a date',
  to: 'the id of a step, or a date',
  edge: 'made of ids of steps',
  login: 'of the catalogue',
  payloads: 'kinds of what was kept of a batch, by which it is asked for',
}
