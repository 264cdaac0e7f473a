import type { Connector } from '../kit/connector.ts'
import { bearer, CsvSettings, hostsOf, none, password, privateKey, test } from './connection.ts'
import { getRows } from './get-rows.ts'
import { listValues } from './list-values.ts'
import { readRowsOfFiles } from './read-rows.ts'
import { writeFile } from './write-file.ts'

export const csv: Connector = {
  name: 'csv',
  title: 'CSV files',
  summary: 'Tables in files: uploaded here, on an SFTP server, or at a web address.',
  settings: CsvSettings,
  logins: [none, password, bearer, privateKey],
  limits: (connection, { credential }) => [
    { key: `${hostsOf(connection)[0] ?? 'uploads'}/credential/${credential}`, perProcess: 4 },
  ],
  hosts: hostsOf,
  test,
  operations: [readRowsOfFiles, listValues, getRows, writeFile],
}
