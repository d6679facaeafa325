// Goes through the example application as somebody who has a keyboard and no mouse, and lets axe-core audit each of
// its pages. Prints what each step saw; the first thing that is wrong ends it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import puppeteer from 'puppeteer-core';

const [application] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
const page = await browser.newPage();
// The policy of the pages lets no script in: the audit comes from outside of it.
await page.setBypassCSP(true);

function must(holds, what) {
  if (!holds) throw new Error(what);
}

async function audit(what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  must(told.length === 0, `${what}: ${told.join('; ')}`);
  console.log(`${what}: no violation`);
}

const focused = () => page.evaluate(() => {
  const own = document.activeElement;
  const name = own?.getAttribute('aria-label') ?? own?.textContent ?? '';
  const shown = own !== document.body && getComputedStyle(own).outlineStyle !== 'none';
  return { name: name.trim(), field: own?.getAttribute('name'), shown };
});

// Goes on by Tab until this is reached, which must be visible there.
async function reach(wanted) {
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press('Tab');
    const own = await focused();
    if (own.name === wanted || own.field === wanted) {
      must(own.shown, `${wanted} does not show that it has the focus`);
      return;
    }
  }
  throw new Error(`${wanted} cannot be reached by keyboard`);
}

async function press() {
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

async function says(wanted) {
  const said = await page.$eval('[role=status]', (status) => status.textContent);
  must(said === wanted, `it says "${said}" in place of "${wanted}"`);
  console.log(said);
}

try {
  await page.goto(application);
  await audit('before');

  await reach('Connect npm oidc-provider');
  await press();
  must(!page.url().startsWith(application), 'the browser is at the provider');
  await reach('username');
  await page.keyboard.type('alice');
  await reach('password');
  await page.keyboard.type('wonderland');
  await reach('Allow');
  await press();
  must(page.url() === `${application}/`, `the browser is back, at ${page.url()}`);
  await says('npm oidc-provider is connected.');
  await audit('connected');

  const cookies = await browser.cookies();
  for (const cookie of cookies.filter(({ name }) => name.startsWith('__Host-'))) {
    must(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Lax', `${cookie.name} is guarded`);
  }

  await reach('Refresh npm oidc-provider');
  await press();
  await says('npm oidc-provider was refreshed.');

  await reach('Disconnect npm oidc-provider');
  await press();
  await says('npm oidc-provider is disconnected: the provider revoked the access.');
  await audit('after');

  await reach('Connect npm oidc-provider');
  await press();
  await reach('Deny');
  await press();
  const refused = await page.$eval('[role=status]', (status) => status.textContent);
  must(refused.startsWith('npm oidc-provider is not connected: '), refused);
  console.log(refused);
  await audit('refused');
} finally {
  await browser.close();
}
