// A team for a story, straight into the database of its server: a story about projects is not one about making teams.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { call } from './people.mjs'
import { check } from './story.mjs'

const insert = `
import sqlite3, sys, uuid
file, org, team, name, *people = sys.argv[1:]
raw = lambda text: uuid.UUID(text).bytes
with sqlite3.connect(file, timeout=20) as db:
    db.execute("INSERT INTO team (id, org, name, name_key, created_by, created_at) VALUES (?, ?, ?, ?, ?, 0)",
               (raw(team), raw(org), name, name.lower(), raw(people[0])))
    for person in people:
        db.execute("INSERT INTO team_member (team, account, added_at) VALUES (?, ?, 0)", (raw(team), raw(person)))
`

/** A team with these people in it; its id. */
export async function team(server, name, people) {
  const sessions = await Promise.all(people.map((person) => call(person, server.url, 'GET', '/session')))
  const ids = sessions.map((session) => session.account.id)
  const id = randomUUID()
  const file = join(server.data, 'imprimatur.db')
  const done = spawnSync('python3', ['-c', insert, file, sessions[0].organization.id, id, name, ...ids], { encoding: 'utf8' })
  check(`the team ${name} was made`, done.status === 0, done.stderr)
  return id
}
