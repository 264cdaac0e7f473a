import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { CONFIG_TABLE, ConfigError, readConfig } from '../server/config.ts'
import { secretKey } from '../server/secret-key.ts'
import { keyFingerprint } from '../server/store/key/secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'tieline-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the environment', () => {
  test('may be empty: every default is usable', () => {
    expect(readConfig({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      publicUrl: undefined,
      trustedProxies: [],
      databaseUrl: undefined,
      databaseAppUrl: undefined,
      databaseSystemUrl: undefined,
      databaseConnections: 24,
      dataDir: resolve('./data'),
      logLevel: 'info',
      secretKey: undefined,
      hooksPerSecond: 1000,
      xeroWebhookKey: undefined,
      bigcommerceWebhookKey: undefined,
      egressAllow: [],
      evaluatorChildren: 2,
      workerConcurrency: 4,
      leaseSeconds: 15,
      closingDays: 30,
      newSecretKey: undefined,
      traceDays: {
        short: { content: 7, metadata: 90 },
        standard: { content: 30, metadata: 400 },
        long: { content: 180, metadata: 2600 },
      },
      metricsToken: undefined,
      otlpEndpoint: undefined,
      otlpHeaders: {},
      peopleDomains: [],
      otelServiceName: 'tieline',
      sessionHours: 12,
      smtpUrl: undefined,
      mailFrom: undefined,
      oidcIssuer: undefined,
      oidcClientId: undefined,
      oidcClientSecret: undefined,
      oidcName: 'single sign-on',
    })
  })

  test('is frozen once read, and an empty variable counts as unset', () => {
    const config = readConfig({ PORT: '', EGRESS_ALLOW: ' 127.0.0.1:4010 , ERP.internal:8443,[::1]:80' })
    expect(config.port).toBe(3000)
    expect(config.egressAllow).toEqual(['127.0.0.1:4010', 'erp.internal:8443', '[::1]:80'])
    expect(Object.isFrozen(config) && Object.isFrozen(config.egressAllow)).toBe(true)
  })

  test.each([
    ['PORT', '80a'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['HOST', 'localhost:3000/x'],
    ['PUBLIC_URL', 'tieline.example.com'],
    ['PUBLIC_URL', 'https://example.com/sub/'],
    ['TRUSTED_PROXIES', 'proxy.internal'],
    ['TRUSTED_PROXIES', '0.0.0.0/0'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['DATABASE_URL', 'mysql://localhost/tieline'],
    ['DATABASE_URL', 'postgresql://localhost'],
    ['LOG_LEVEL', 'loud'],
    ['EGRESS_ALLOW', '*.internal:80'],
    ['EGRESS_ALLOW', '127.0.0.1'],
    ['EGRESS_ALLOW', '127.0.0.1:0'],
    ['EVALUATOR_CHILDREN', '0'],
    ['WORKER_CONCURRENCY', '1.5'],
    ['LEASE_SECONDS', '0'],
    ['TRACE_DAYS', 'short:7/90,standard:30/400'],
    ['TRACE_DAYS', 'short:7/90,standard:30/400,long:180/90'],
    ['TRACE_DAYS', 'short:0/90,standard:30/400,long:180/2600'],
    ['SESSION_HOURS', 'twelve'],
  ])('%s=%s is refused with the name, what was given and an example', (name, given) => {
    const [problem, ...others] = problemsOf({ [name]: given })
    expect(others).toEqual([])
    expect(problem).toMatch(new RegExp(`^${name} must be `))
    expect(problem).toContain(JSON.stringify(given))
    expect(problem).toContain(`Example: ${name}=`)
  })

  test('tells all that is wrong at once', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'y', HOST: 'a b' })).toHaveLength(3)
  })

  test('never repeats a secret', () => {
    const problems = problemsOf({
      SECRET_KEY: 'deadbeef-not-long-enough',
      DATABASE_URL: 'mysql://tieline:hunter2@db/tieline',
      DATABASE_APP_URL: 'postgres://tieline:p@ss:word2@db',
    }).join('\n')
    expect(problems).toContain('SECRET_KEY must be 64 hexadecimal digits; 24 characters were given')
    expect(problems).toContain('mysql://tieline:***@db/tieline')
    expect(problems).not.toMatch(/deadbeef|hunter2|word2|p@ss/)
  })

  test('has a meaning and a working example for every variable', () => {
    for (const { name, meaning, example, secret } of CONFIG_TABLE) {
      expect(meaning.length).toBeGreaterThan(10)
      if (!secret) expect(problemsOf({ [name]: example }), name).toEqual([])
    }
  })
})

describe('the secret key', () => {
  test('is made once, for its owner only, and found again', () => {
    const dataDir = join(folder, 'first')
    const made = secretKey({ secretKey: undefined, dataDir })
    expect(made).toHaveLength(32)
    expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600)
    expect(secretKey({ secretKey: undefined, dataDir })).toEqual(made)
  })

  test('comes from the environment without touching the disk', () => {
    const dataDir = join(folder, 'untouched')
    const given = readConfig({ SECRET_KEY: 'ab'.repeat(32), DATA_DIR: dataDir })
    expect(secretKey(given)).toEqual(Buffer.alloc(32, 0xab))
    expect(existsSync(dataDir)).toBe(false)
  })

  test('is never made anew beside a database that was made with another', () => {
    const dataDir = join(folder, 'lost')
    mkdirSync(join(dataDir, 'postgres'), { recursive: true })
    expect(() => secretKey({ secretKey: undefined, dataDir })).toThrow('is missing')
    expect(existsSync(join(dataDir, 'secret.key'))).toBe(false)
  })

  test('is refused when damaged or open to others', () => {
    const dataDir = join(folder, 'damaged')
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'secret.key'), 'ab'.repeat(31), { mode: 0o600 })
    expect(() => secretKey({ secretKey: undefined, dataDir })).toThrow('64 hexadecimal digits')
    writeFileSync(join(dataDir, 'secret.key'), 'ab'.repeat(32))
    chmodSync(join(dataDir, 'secret.key'), 0o644)
    expect(() => secretKey({ secretKey: undefined, dataDir })).toThrow('chmod 600')
  })

  test('has a fingerprint that tells keys apart', () => {
    expect(keyFingerprint(Buffer.alloc(32, 1))).not.toBe(keyFingerprint(Buffer.alloc(32, 2)))
    expect(keyFingerprint(Buffer.alloc(32, 1))).toBe(keyFingerprint(Buffer.alloc(32, 1)))
  })
})
