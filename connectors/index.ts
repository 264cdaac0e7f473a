import { bigcommerce } from './bigcommerce/index.ts'
import { chat } from './chat/index.ts'
import { csv } from './csv/index.ts'
import { email } from './email/index.ts'
import { emarsys } from './emarsys/index.ts'
import { http } from './http/index.ts'
import type { Connector } from './kit/connector.ts'
import { xero } from './xero/index.ts'

/** All that can be connected. A new connector is one folder and one line here. */
export const connectors: readonly Connector[] = [xero, emarsys, bigcommerce, csv, chat, email, http]
