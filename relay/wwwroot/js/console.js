// Renews the marked parts of a page ([data-part]) from the page itself, and offers "copy". All else works without it.
(function () {
  'use strict';
  var seconds = Number(document.body.dataset.renew || 0);
  var stale = document.querySelector('[data-stale]');

  // A part in which somebody types or chooses is left alone until they are done.
  function isBusy(part) {
    if (part.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')) return true;
    return Array.prototype.some.call(part.querySelectorAll('input:not([type=hidden]), textarea'), function (field) {
      return field.type === 'checkbox' || field.type === 'radio' ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
    });
  }

  function renewPart(part, fresh) {
    if (isBusy(part) || part.innerHTML === fresh.innerHTML) return;
    var open = Array.prototype.map.call(part.querySelectorAll('details[open][id]'), function (details) { return details.id; });
    var focused = part.contains(document.activeElement) ? document.activeElement : null;
    var address = focused && focused.getAttribute('href');
    var opener = focused && focused.matches('summary') ? focused.parentNode.id : null;
    part.innerHTML = fresh.innerHTML;
    open.forEach(function (id) {
      var details = document.getElementById(id);
      if (details) details.open = true;
    });
    var again = opener ? document.querySelector('#' + CSS.escape(opener) + ' > summary')
      : address ? part.querySelector('a[href="' + CSS.escape(address) + '"]') : null;
    if (again) again.focus({ preventScroll: true });
    prepare(part);
  }

  function setStale(isStale) {
    if (!stale) return;
    stale.hidden = !isStale;
    stale.textContent = isStale ? stale.dataset.stale : '';
  }

  function renew() {
    if (document.hidden) return Promise.resolve();
    return fetch(location.href, { headers: { 'X-Renew': '1' }, cache: 'no-store', credentials: 'same-origin' }).then(function (response) {
      if (response.redirected) {
        location.reload(); // signed out meanwhile
        return null;
      }
      if (!response.ok) throw new Error(String(response.status));
      return response.text();
    }).then(function (text) {
      if (text === null) return;
      var page = new DOMParser().parseFromString(text, 'text/html');
      document.querySelectorAll('[data-part]').forEach(function (part) {
        var fresh = page.querySelector('[data-part="' + part.dataset.part + '"]');
        if (fresh) renewPart(part, fresh);
      });
      setStale(false);
    }).catch(function () { setStale(true); });
  }

  function loop() {
    setTimeout(function () { renew().then(loop); }, seconds * 1000);
  }

  function prepare(root) {
    root.querySelectorAll('button[data-copy]').forEach(function (button) {
      button.hidden = false;
    });
  }

  document.addEventListener('click', function (event) {
    var button = event.target.closest('button[data-copy]');
    if (!button) return;
    var field = document.getElementById(button.dataset.copy);
    field.select();
    var done = function () { button.textContent = button.dataset.done; };
    // Plain http has no clipboard, and a browser may refuse it: the old way then.
    var copySelection = function () { if (document.execCommand('copy')) done(); };
    if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(done, copySelection);
    else copySelection();
  });

  prepare(document);
  if (seconds > 0) {
    loop();
    document.addEventListener('visibilitychange', function () { if (!document.hidden) renew(); });
  }
})();
