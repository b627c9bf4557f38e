// A second organization on one server: the operator founds it at the machine, and its first Admin joins by the link.
import { spawnSync } from 'node:child_process'
import { call } from './people.mjs'
import { binary } from './processes.mjs'
import { check } from './story.mjs'

/** Founds `name`; the person, who is signed in, is its first Admin and in it from then on. */
export async function secondOrganization(server, person, name) {
  const { account } = await call(person, server.url, 'GET', '/session')
  // On SQLite the operator's command and the server take turns.
  await server.stop()
  const done = spawnSync(binary, ['admin', '--data', server.data, 'found', name, '--admin', account.email], { encoding: 'utf8' })
  await server.start()
  check('the operator founds another organization', done.status === 0, done.stderr)
  const [, token] = /\/invite\/(\S+)/.exec(done.stdout) ?? []
  check('there is a link to join by', token, done.stdout)
  await call(person, server.url, 'POST', `/invitations/${token}/accept`, {})
}
