// A second organization on one server, written into its database as the operator's command would: over the network nobody
// founds one. Only for servers on SQLite.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { check } from './story.mjs'
import { call } from './people.mjs'

const FOUND = `
import hashlib, sqlite3, sys, time, uuid
path, name, account, role = sys.argv[1:]
def blob(text): return uuid.UUID(text).bytes
db = sqlite3.connect(path, timeout=20)
org, now = uuid.uuid4().bytes, int(time.time() * 1000000)
with db:
    db.execute("INSERT INTO organization (id, name, plan, approval_on, created_at) VALUES (?, ?, 'professional', 1, ?)", (org, name, now))
    db.execute("INSERT INTO journal_head (org, seq, hash, jobs) VALUES (?, 0, ?, 0)", (org, hashlib.sha256(org).digest()))
    db.execute("INSERT INTO membership (org, account, role, created_at) VALUES (?, ?, ?, ?)", (org, blob(account), role, now))
print(uuid.UUID(bytes=org))
`

/** Founds `name` with this person as its first one; its id. The person's session stays where it is. */
export async function secondOrganization(server, person, name, role = 'admin') {
  const { account } = await call(person, server.url, 'GET', '/session')
  const done = spawnSync('python3', ['-c', FOUND, join(server.data, 'imprimatur.db'), name, account.id, role], { encoding: 'utf8' })
  check('a second organization is there', done.status === 0, done.stderr)
  return done.stdout.trim()
}
