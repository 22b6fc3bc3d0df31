// A person who has everything typed before the page asks for it: fills in and clicks in the moment a form is there.
(() => {
  if (window.__robot) return;
  const ready = __READY__;
  const PATIENCE_MS = 60_000;
  const steps = { page: performance.now() };
  const find = (id) => document.querySelector(`[data-testid="${id}"]:not(:disabled)`);
  const reached = (step) => (step in steps ? false : ((steps[step] = performance.now()), true));
  const type = (field, text) => {
    if (!field || field.value === text) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const look = () => {
    if ("picture" in steps) return;
    const signIn = find("signin-submit"), ask = find("pc-submit"), connect = find("connect");
    if (signIn && reached("sign-in")) {
      type(find("signin-login"), ready.login);
      type(find("signin-password"), ready.passphrase);
      signIn.click();
    }
    if (document.querySelector(".frame, .office")) reached("signed-in");
    const list = document.querySelector('nav a[href="/pcs"]:not([aria-current])');
    if (list && location.pathname === "/" && reached("list-asked")) list.click();
    const wanted = connect && [...document.querySelectorAll('[data-testid="connect"]')].find((one) => !one.disabled);
    if (wanted && reached("list")) wanted.click();
    if (ask && reached("asked")) {
      type(find("pc-account"), ready.account);
      type(find("pc-password"), ready.password);
      if (!ready.remember) find("remember").click();
      ask.click();
      reached("told");
    }
  };
  const robot = (window.__robot = {});
  const picture = (claim) =>
    new Promise((resolve, reject) => {
      const turn = () => {
        const problem = document.querySelector('[data-testid="problem"]')?.textContent;
        if (claim()) resolve(reached("picture"));
        else if (problem) reject(new Error(problem));
        else if (performance.now() > PATIENCE_MS) reject(new Error(`no picture; ${JSON.stringify(steps)} ${document.body.innerText}`));
        else requestAnimationFrame(turn);
      };
      turn();
    });
  const start = () => {
    new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true, attributes: true });
    look();
    const probe = window.__probe;
    probe.selector = "#screen canvas";
    probe.start();
    robot.done = picture(() => probe.marker !== null && probe.video !== null).then(() => steps);
    robot.settled = robot.done.then(() => new Promise((resolve) => setTimeout(resolve, 2500)));
  };
  if (document.documentElement) start();
  else document.addEventListener("readystatechange", start, { once: true });
})();
