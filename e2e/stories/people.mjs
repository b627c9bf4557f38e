// From an empty page to a new Guest's first print; the Admin makes them a Member, and their page changes by itself. Lists, links
// that are sent again, leaving. axe finds nothing; the pictures stay in e2e/shots.
import { readFileSync } from 'node:fs'
import { look } from '../lib/look.mjs'
import { accept, call, email, invite, mark, notReloaded, organization, PASSWORD, printFile, sendJob, status } from '../lib/people.mjs'
import { check, reads, until } from '../lib/story.mjs'
import { team } from '../lib/teams.mjs'

export const title = 'invite, join by a link, first print, role seen live, lists and files, sent again, link off, own role, leave'

const dialog = ({ page }, name) => page.getByTestId(`${name}-dialog`)

export async function tell(story) {
  const printer = await story.printer(4)
  const server = await story.server({ printers: [printer.host] })
  const { Ada, Mia, printers } = await organization(story, server, { Ada: 'admin', Mia: 'member' }, [printer])
  const world = { story, url: server.url, Ada, Mia, printers }
  await joinsByLink(world)
  await becomesAMember(world)
  await opensADialogAgain(world)
  await isFoundByRole(world)
  await invitesAList(world)
  await invitesAFile(world)
  await sendsAgain(world)
  await turnsTheLinkOff(world)
  await anotherAddress(world)
  await givesUpBeingAdmin(world)
  await leaves(world)
}

/** The Admin makes a join link; somebody without an account scans it, becomes a Guest and sends a first print. */
async function joinsByLink(world) {
  const { story, url, Ada } = world
  await Ada.page.goto(`${url}/organization`)
  const card = Ada.page.getByTestId('join-link')
  await reads(card, 'There is no link at the moment.')
  await card.getByTestId('make-join-link').click()
  await card.getByTestId('qr').waitFor()
  const link = await card.getByTestId('join-url').inputValue()
  check('the link is one of this server', link.startsWith(`${url}/invite/`), link)
  await look(story, Ada, 'organization')

  const Nia = (world.Nia = await story.person('Nia'))
  await Nia.page.goto(link)
  await reads(Nia.page.locator('main'), /Ada shares this link\. Whoever opens it joins as Guest/)
  await look(story, Nia, 'join')
  await accept(Nia, link, 'Nia')
  await reads(card, /1 of 40 people have joined by it/)
  const id = await sendJob(Nia, url, printFile('first_print.gcode'), { name: 'First print' })
  await reads(status(Nia), 'Needs approval')
  await Nia.page.goto(`${url}/organization`)
  check('a Guest invites nobody', (await Nia.page.getByTestId('invite').count()) === 0)
  check('a Guest sees no link', (await Nia.page.getByTestId('join-link').count()) === 0)
  world.job = id
}

/** A role that is changed is saved at once, can be undone, and the person concerned sees it without a reload. */
async function becomesAMember({ url, Ada, Nia }) {
  await Nia.page.goto(`${url}/printers`)
  await Nia.page.getByTestId('printer-card').first().waitFor()
  const add = Nia.page.getByTestId('add-printer')
  check('a Guest adds no printers', (await add.count()) === 0)
  await mark(Nia)
  await Ada.page.goto(`${url}/organization`)
  const role = Ada.page.getByTestId('person').filter({ hasText: 'Nia' }).getByTestId('role-select')
  await role.selectOption('member')
  await reads(Ada.page.getByTestId('toast'), 'Nia is now Member.')
  await add.waitFor()
  await Ada.page.getByTestId('toast-undo').click()
  await add.waitFor({ state: 'detached' })
  await until('the Admin to see it, too', async () => (await role.inputValue()) === 'guest')
  await role.selectOption('member')
  await add.waitFor()
  await notReloaded(Nia)
}

/** The script of a dialog does not come (no connection, or an upgrade): it is said, and the next press tries again. */
async function opensADialogAgain({ url, Ada: { page } }) {
  await page.goto(`${url}/organization`)
  await page.route('**/InviteDialog*.js', (route) => route.abort())
  await page.getByTestId('invite').click()
  await reads(page.getByTestId('toast'), 'This part could not be loaded. Reload the page, then try again.')
  await page.unrouteAll()
  await page.getByTestId('invite').click()
  await page.getByTestId('invite-dialog').waitFor()
  await page.keyboard.press('Escape')
}

/** People of one role, with how many there are; and beside each the teams they are in. */
async function isFoundByRole({ story, url, Ada, Nia }) {
  const id = await team({ url }, Ada, 'Lab staff', [Nia])
  const people = Ada.page.getByTestId('person')
  const role = (name) => Ada.page.getByTestId(`role-${name}`)
  await Ada.page.goto(`${url}/organization`)
  await reads(role('member'), 'Member 2')
  check('a role that nobody has is not offered', (await role('guest').count()) === 0)
  await role('member').click()
  await until('only the two Members to be listed', async () => (await people.allInnerTexts()).join().match(/^(?!.*Ada).*Mia.*Nia/s))
  await look(story, Ada, 'members')
  const beside = people.filter({ hasText: 'Nia' }).getByTestId('person-team')
  check('her team stands beside Nia', (await beside.innerText()) === 'Lab staff')
  await role('all').click()
  await until('all to be listed', async () => (await people.count()) === 3)
  await beside.click()
  await Ada.page.waitForURL(`**/teams/${id}`)
}

/** A pasted list: what cannot be invited is named, line by line, before anything is made. */
async function invitesAList({ story, url, Ada, Mia }) {
  await Ada.page.goto(`${url}/organization`)
  await Ada.page.getByTestId('invite-list').click()
  const box = dialog(Ada, 'invite-list')
  const list = ['Lena Brandt, lena@school.example', '"=HYPERLINK(""http://x"")", formula@school.example, Member', 'Lena, LENA@school.example', `Mia, ${email('Mia')}`, 'nobody']
  await box.getByTestId('list-text').fill(list.join('\n'))
  await look(story, Ada, 'list')
  await box.getByTestId('list-go').click()
  await box.getByTestId('list-row').nth(4).waitFor()
  const rows = await box.getByTestId('list-row').allInnerTexts()
  check('two will be invited', rows.filter((row) => row.includes('Will be invited')).length === 2, rows)
  check('the others are named', /Twice/.test(rows[2]) && /Already in/.test(rows[3]) && rows[3].includes(Mia.name) && /no e-mail address/.test(rows[4]), rows)
  check('who is in already has no role from the list', !/Guest|Member/.test(rows[3]), rows[3])
  await reads(box, '2 people can be invited, 3 cannot')
  await look(story, Ada, 'list-checked')
  await box.getByTestId('list-go').click()
  await box.getByTestId('download-links').waitFor()
  // The links are shown only here: nothing but the button takes them away.
  await Ada.page.keyboard.press('Escape')
  await Ada.page.mouse.click(5, 5)
  await look(story, Ada, 'list-made')
  const [file] = await Promise.all([Ada.page.waitForEvent('download'), box.getByTestId('download-links').click()])
  const text = readFileSync(await file.path(), 'utf8')
  check('the file has both links, and the formula is text', text.includes('lena@school.example') && text.includes(`"'=HYPERLINK(""http://x"")"`) && text.split('/invite/').length === 3, text)
  await box.getByRole('button', { name: 'Done' }).click()
  await until('both to be listed', async () => (await Ada.page.getByTestId('invitation').count()) === 2)
}

/** A CSV file goes as it is, and has the last word over what was typed. */
async function invitesAFile({ story, Ada }) {
  const { page } = Ada
  await page.getByTestId('invite-list').click()
  const box = dialog(Ada, 'invite-list')
  const csv = 'Name;E-Mail;Role\r\nJürgen Groß;juergen@school.example;Member\r\nBrontë;nowhere;Guest\r\n'
  await box.getByTestId('list-file').setInputFiles({ name: 'class.csv', mimeType: 'text/csv', buffer: Buffer.from(`\ufeff${csv}`) })
  const pasted = box.getByTestId('list-text')
  check('what is typed does not count beside a file', await pasted.isDisabled())
  await reads(box.getByTestId('list-file-name'), 'class.csv')
  await look(story, Ada, 'list-file')
  await box.getByTestId('use-pasted').click()
  check('the list can be typed again', await pasted.evaluate((one) => document.activeElement === one && !one.disabled))
  await box.getByTestId('list-file').setInputFiles({ name: 'class.csv', mimeType: 'text/csv', buffer: Buffer.from(`\ufeff${csv}`) })
  await box.getByTestId('list-go').click()
  await box.getByTestId('list-row').nth(1).waitFor()
  const rows = await box.getByTestId('list-row').allInnerTexts()
  check('one will be invited, as the file says', /Jürgen Groß[^]*Will be invited[^]*Member/.test(rows[0]), rows)
  await box.getByRole('button', { name: 'Change the list' }).click()
  check('the file is still there to be seen', await box.getByTestId('use-pasted').evaluate((one) => document.activeElement === one))
  await box.getByTestId('list-go').click()
  await box.getByTestId('list-row').nth(1).waitFor()
  check('the other is named', rows[1].includes('Brontë') && rows[1].includes('Cannot be used'), rows)
  await box.getByTestId('list-go').click()
  await box.getByRole('button', { name: 'Done' }).click()
  await until('it to be listed', async () => (await page.getByTestId('invitation').filter({ hasText: 'Jürgen Groß' }).count()) === 1)
}

/** One for an address has a new link when it is wanted, and the old one is dead. */
async function sendsToAnAddress({ story, url, Ada }) {
  const { link: old } = await call(Ada, url, 'POST', '/invitations', { role: 'member', name: 'Kim', email: 'kim@school.example' })
  const kim = Ada.page.getByTestId('invitation').filter({ hasText: 'Kim' })
  // No mail server here: it says what it does, and asks, since the link that was handed over dies.
  await kim.getByTestId('new-link').click()
  await reads(dialog(Ada, 'revoke'), 'The old one does not work any more')
  await Ada.page.getByTestId('confirm-revoke').click()
  const link = await Ada.page.getByTestId('invite-link').inputValue()
  check('the link is another', link !== old && link.startsWith(`${url}/invite/`), link)
  await look(story, Ada, 'sent-again')
  await Ada.page.getByRole('button', { name: 'Done' }).click()
  const Kim = await story.person('Kim')
  await Kim.page.goto(old)
  await reads(Kim.page.locator('main'), 'This invitation does not exist')
  await Kim.page.goto(link)
  await reads(Kim.page.locator('main'), 'Member')
  await kim.getByRole('button', { name: /Withdraw/ }).click()
  await until('it to be gone', async () => (await kim.count()) === 0)
}

/** Turned off, the link of the wall leads nowhere. */
async function turnsTheLinkOff({ url, Ada, story }) {
  await Ada.page.goto(`${url}/organization`)
  const card = Ada.page.getByTestId('join-link')
  const link = await card.getByTestId('join-url').inputValue()
  await card.getByTestId('turn-off-join-link').click()
  await reads(Ada.page.getByTestId('toast'), 'Turned the join link off.')
  await reads(card, 'There is no link at the moment.')
  check('nothing is left to copy', (await card.getByTestId('join-url').count()) === 0)
  const late = await story.person('Late')
  await late.page.goto(link)
  await reads(late.page.locator('main'), 'This link was turned off.')
}

/** An invitation without an address cannot be sent, but has a new link when it is wanted; the old one is dead. */
async function sendsAgain({ story, url, Ada }) {
  await sendsToAnAddress({ story, url, Ada })
  const old = await invite(Ada, url, 'guest')
  const open = () => Ada.page.getByTestId('invitation')
  await until('one more to be listed', async () => (await open().count()) === 4)
  await open().filter({ hasText: 'Anyone with the link' }).getByTestId('new-link').click()
  await Ada.page.getByTestId('confirm-revoke').click()
  const link = await Ada.page.getByTestId('invite-link').inputValue()
  await Ada.page.getByRole('button', { name: 'Done' }).click()
  check('the link is another', link !== old, link)
  const Ben = await story.person('Ben')
  await Ben.page.goto(old)
  await reads(Ben.page.locator('main'), 'This invitation does not exist')
  await accept(Ben, link, 'Ben')
  await until('one fewer to be listed', async () => (await open().count()) === 3)
}

/** An invitation for an address is for nobody else. */
async function anotherAddress(world) {
  const { story, url, Ada } = world
  const { link } = await call(Ada, url, 'POST', '/invitations', { role: 'admin', email: 'Zoe@Example.org' })
  const Otto = await story.person('Otto')
  await call(Otto, url, 'POST', '/accounts', { name: 'Otto', email: email('Otto'), password: PASSWORD })
  await Otto.page.goto(link)
  await reads(Otto.page.locator('main'), 'This invitation is for Zoe@Example.org. Sign in with that account to use it.')
  check('there is nothing to press', (await Otto.page.getByTestId('accept').count()) === 0)
  const Zoe = await story.person('Zoe')
  await accept(Zoe, link, 'Zoe')
  await Zoe.page.goto(`${url}/organization`)
  await Zoe.page.getByTestId('invite').waitFor()
  world.Zoe = Zoe
}

/** One's own role: asked first, since nobody could undo it oneself, and nothing is offered that would be refused (AMB-40). */
async function givesUpBeingAdmin({ story, url, Zoe }) {
  const { page } = Zoe
  await page.goto(`${url}/organization`)
  const own = page.getByTestId('person').filter({ hasText: 'Zoe' }).getByTestId('role-select')
  await own.selectOption('member')
  const asked = dialog(Zoe, 'own-role')
  await reads(asked, 'only another Admin can make you one again')
  await reads(asked, 'You will not invite people, set roles or change settings any more.')
  await look(story, Zoe, 'own-role')
  await asked.getByRole('button', { name: 'Stay Admin' }).click()
  await until('the list to show what is true', async () => (await own.inputValue()) === 'admin')
  check('nothing was changed', (await call(Zoe, url, 'GET', '/session')).organization.role === 'admin')
  await own.selectOption('member')
  await page.getByTestId('confirm-own-role').click()
  await reads(page.getByTestId('toast'), 'You are now Member.')
  check('no Undo is offered', (await page.getByTestId('toast-undo').count()) === 0)
  await until('the page to be the one of a Member', async () => (await page.getByTestId('invite').count()) === 0)
}

/** Everybody leaves by themselves; the dialog says what stays. The last Admin may not. */
async function leaves({ story, url, Ada, Nia, job }) {
  await Nia.page.goto(`${url}/organization`)
  await Nia.page.getByTestId('leave').click()
  await reads(dialog(Nia, 'leave'), '1 of your jobs waits for approval and stays.')
  await look(story, Nia, 'leave')
  await Nia.page.getByTestId('confirm-leave').click()
  await Nia.page.waitForURL('**/no-organization')
  await look(story, Nia, 'left')
  const left = await call(Ada, url, 'GET', `/print-jobs/${job}`)
  check('the job stays, and says whose it was', left.status === 'needs_approval' && left.submitter.former === true, left.submitter)
  await until('the list to be shorter', async () => (await Ada.page.getByTestId('person').filter({ hasText: 'Nia' }).count()) === 0)
}
