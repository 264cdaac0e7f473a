import { type Kysely, sql } from 'kysely'

// BigCommerce tells one address of all stores, as Xero does of all organisations.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table hooks drop constraint hooks_kind_check`,
  `alter table hooks add constraint hooks_kind_check check (kind in ('signed', 'token', 'xero', 'bigcommerce'))`,
  `create index hooks_bigcommerce on hooks (workspace_id, flow_id, slot) where kind = 'bigcommerce' and live`,
]
