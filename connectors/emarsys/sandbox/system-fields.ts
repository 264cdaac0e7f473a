import type { Field } from './fields.ts'

// Numbers 17–48 follow the older official list; accounts made later may differ there, which is why a connector looks
// fields up by name instead of knowing numbers.

type Line = readonly [id: number, stringId: string, name: string, type: Field['application_type']]

const LINES: readonly Line[] = [
  [0, 'interests', 'Interests', 'multichoice'],
  [1, 'first_name', 'First Name', 'longtext'],
  [2, 'last_name', 'Last Name', 'longtext'],
  [3, 'email', 'E-Mail', 'longtext'],
  [4, 'birth_date', 'Date of Birth', 'birthdate'],
  [5, 'gender', 'Gender', 'singlechoice'],
  [6, 'marital_status', 'Marital Status', 'singlechoice'],
  [7, 'has_children', 'Children', 'singlechoice'],
  [8, 'education', 'Education', 'singlechoice'],
  [9, 'title', 'Title', 'singlechoice'],
  [10, 'address', 'Address', 'longtext'],
  [11, 'city', 'City', 'longtext'],
  [12, 'state', 'State', 'longtext'],
  [13, 'zip_code', 'ZIP Code', 'shorttext'],
  [14, 'country', 'Country', 'singlechoice'],
  [15, 'phone', 'Phone', 'longtext'],
  [16, 'fax', 'Fax', 'fax'],
  [17, 'job_position', 'Job Position', 'singlechoice'],
  [18, 'company', 'Company', 'longtext'],
  [19, 'department', 'Department', 'singlechoice'],
  [20, 'industry', 'Industry', 'singlechoice'],
  [21, 'office_phone', 'Phone (office)', 'longtext'],
  [22, 'office_fax', 'Fax (office)', 'fax'],
  [23, 'number_of_employees', 'Number of Employees', 'singlechoice'],
  [24, 'annual_revenue', 'Annual Revenue (in 000 EUR)', 'singlechoice'],
  [25, 'website', 'URL', 'url'],
  [26, 'preferred_email_format', 'Preferred e-mail format', 'special'],
  [27, 'avg_visit_length', 'Average length of visit (minutes)', 'numeric'],
  [28, 'page_views_per_day', 'Page views per day', 'numeric'],
  [29, 'days_since_last_email', 'Days since last e-mail sent', 'numeric'],
  [30, 'response_rate', 'Response rate', 'numeric'],
  [31, 'optin', 'Opt-In', 'singlechoice'],
  [32, 'user_status', 'User status', 'special'],
  [33, 'source', 'Contact source', 'special'],
  [34, 'form', 'Contact form', 'special'],
  [35, 'registration_language', 'Registration Language', 'special'],
  [36, 'newsletter', 'Newsletter', 'special'],
  [37, 'mobile', 'Mobile', 'longtext'],
  [38, 'partner_first_name', 'First Name of Partner', 'longtext'],
  [39, 'partner_birth_date', 'Birthdate of Partner', 'birthdate'],
  [40, 'anniversary', 'Anniversary', 'birthdate'],
  [41, 'company_address', 'Company Address', 'longtext'],
  [42, 'office_zip_code', 'Zip Code (office)', 'shorttext'],
  [43, 'office_city', 'City (office)', 'longtext'],
  [44, 'office_state', 'State (office)', 'longtext'],
  [45, 'office_country', 'Country (office)', 'singlechoice'],
  [46, 'salutation', 'Salutation', 'singlechoice'],
  [47, 'email_valid', 'E-Mail valid', 'special'],
  [48, 'registration_date', 'Date of first registration', 'special'],
  [456, 'do_not_track_me', 'Do not track me', 'singlechoice'],
  [457, 'do_not_track_in_email', 'Do not track in e-mail', 'singlechoice'],
  [458, 'language_tag', 'Language tag', 'shorttext'],
]

const READ_ONLY = new Set([0, 27, 28, 29, 30, 32, 33, 34, 36, 47, 48])

// Only countries whose choice id is known are offered; a real account lists some 200.
const COUNTRIES: readonly (readonly [string, string])[] = [
  ['9', 'Australia'],
  ['10', 'Austria'],
  ['32', 'Canada'],
  ['61', 'France'],
  ['65', 'Germany'],
  ['81', 'Ireland'],
  ['124', 'Netherlands'],
  ['125', 'New Zealand'],
  ['156', 'Singapore'],
  ['184', 'United Kingdom'],
  ['185', 'United States of America'],
]

const YES_NO: readonly (readonly [string, string])[] = [
  ['1', 'Yes'],
  ['2', 'No'],
]

const CHOICES: { readonly [id: number]: readonly (readonly [string, string])[] } = {
  5: [
    ['1', 'Male'],
    ['2', 'Female'],
  ],
  14: COUNTRIES,
  31: [
    ['1', 'True'],
    ['2', 'False'],
  ],
  45: COUNTRIES,
  46: [
    ['1', 'Mr.'],
    ['2', 'Ms.'],
  ],
  456: YES_NO,
  457: YES_NO,
}

/** What the account is born with besides the system fields. 9001 is indexed, so it can be a key. */
const CUSTOM: readonly Field[] = [
  { id: 9001, name: 'Xero contact id', string_id: 'xero_contact_id', application_type: 'shorttext', indexed: true },
  { id: 9002, name: 'Open balance', string_id: 'open_balance', application_type: 'numeric' },
  { id: 9003, name: 'Oldest due date', string_id: 'oldest_due_date', application_type: 'date' },
  {
    id: 9004,
    name: 'Customer tier',
    string_id: 'customer_tier',
    application_type: 'singlechoice',
    choices: new Map([
      ['1', 'Bronze'],
      ['2', 'Silver'],
      ['3', 'Gold'],
    ]),
  },
  {
    id: 9005,
    name: 'Product lines',
    string_id: 'product_lines',
    application_type: 'multichoice',
    choices: new Map([
      ['1', 'Hardware'],
      ['2', 'Software'],
      ['3', 'Service'],
    ]),
  },
  { id: 9006, name: 'Days overdue', string_id: 'days_overdue', application_type: 'numeric' },
  { id: 9007, name: 'Revenue to date', string_id: 'revenue_to_date', application_type: 'numeric' },
  { id: 9008, name: 'Last invoice', string_id: 'last_invoice', application_type: 'shorttext' },
  { id: 9009, name: 'Last payment date', string_id: 'last_payment_date', application_type: 'date' },
  { id: 9010, name: 'Account note', string_id: 'account_note', application_type: 'longtext' },
]

/** Every field of a new account, in order of id. */
export const bornFields = (): Field[] => [
  ...LINES.map(([id, stringId, name, type]): Field => {
    const choices = CHOICES[id]
    return {
      id,
      name,
      string_id: stringId,
      application_type: type,
      ...(choices !== undefined && { choices: new Map(choices) }),
      ...(READ_ONLY.has(id) && { readOnly: true }),
      ...(id === 3 && { indexed: true }),
    }
  }),
  ...CUSTOM.map((field) => ({ ...field })),
]
