import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { MIN_PASSWORD } from '../../contract/people.ts'
import { isBreached } from './breached-passwords.ts'
import { ApiProblem } from '../http/problems.ts'

/** argon2id as OWASP asks for at least: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const
/** Each takes 19 MiB and a thread; more wait, and a crowd is turned away. */
const MOST_AT_ONCE = 4
const MOST_WAITING = 50

let running = 0
const waiting: (() => void)[] = []

/** In the PHC string format. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive({ message: password, nonce: salt, tagLength: 32, ...COST })
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${text(salt)}$${text(hash)}`
}

let dummy: Promise<string> | undefined

/** Without a stored hash (nobody has this e-mail) it takes as long, and answers false. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  dummy ??= hashPassword(randomBytes(16).toString('hex'))
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    stored ?? (await dummy),
  )
  if (!parts) throw new Error('A stored password hash is not in the PHC format of argon2id.')
  const [, memory, passes, parallelism, salt = '', expected = ''] = parts
  const hash = Buffer.from(expected, 'base64')
  const given = await derive({
    message: password,
    nonce: Buffer.from(salt, 'base64'),
    tagLength: hash.length,
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  })
  return timingSafeEqual(given, hash) && stored !== undefined
}

/** @throws ApiProblem PASSWORD_WEAK */
export function refuseWeak(password: string, person: { readonly email: string; readonly name: string }): void {
  const plain = password.toLowerCase()
  if ([...password].length < MIN_PASSWORD) {
    throw new ApiProblem('PASSWORD_WEAK', `Use at least ${MIN_PASSWORD} characters; a few words make a good password.`)
  }
  if (new Set(plain).size < 4 || isBreached(plain)) {
    throw new ApiProblem(
      'PASSWORD_WEAK',
      'This password is among the first ones that are tried. Use a few words of your own.',
    )
  }
  const own = [person.email.split('@')[0] ?? '', ...person.name.split(/\s+/)].map((word) => word.toLowerCase())
  const rest = own.filter((word) => word.length > 3).reduce((text, word) => text.replaceAll(word, ''), plain)
  if (rest.length < MIN_PASSWORD / 2) {
    throw new ApiProblem('PASSWORD_WEAK', 'This password is little more than your own name or e-mail address.')
  }
}

async function derive(parameters: Argon2Parameters): Promise<Buffer> {
  if (running < MOST_AT_ONCE) running += 1
  else {
    if (waiting.length >= MOST_WAITING)
      throw new ApiProblem('NOT_READY', 'Too many sign-ins at once. Try again in a moment.')
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(key)))
    })
  } finally {
    // The place is handed on, so that nobody slips in between.
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}
