// Signs a proposal with a key file that the person chooses. File and passphrase stay in this page; only the two signatures are sent.
(function () {
  'use strict';
  var OIDS = { pbes2: '2a864886f70d01050d', pbkdf2: '2a864886f70d01050c', hmacSha256: '2a864886f70d0209', aes256: '60864801650304012a' };

  // One DER element (X.690): its tag, its content, and where the next begins.
  function element(bytes, at) {
    var length = bytes[at + 1];
    var from = at + 2;
    if (length & 0x80) {
      var count = length & 0x7f;
      length = 0;
      for (var i = 0; i < count; i++) length = length * 256 + bytes[from + i];
      from += count;
    }
    if (!(from + length <= bytes.length)) throw new Error('cut short');
    return { tag: bytes[at], content: bytes.subarray(from, from + length), end: from + length };
  }

  function children(parent) {
    var all = [];
    for (var at = 0; at < parent.content.length;) {
      var child = element(parent.content, at);
      all.push(child);
      at = child.end;
    }
    return all;
  }

  function hex(bytes) {
    return Array.prototype.map.call(bytes, function (b) { return ('0' + b.toString(16)).slice(-2); }).join('');
  }

  function fromBase64(text) {
    return Uint8Array.from(atob(text), function (c) { return c.charCodeAt(0); });
  }

  function toBase64(bytes) {
    return btoa(String.fromCharCode.apply(null, new Uint8Array(bytes)));
  }

  function fromUrlBase64(text) {
    return fromBase64(text.replace(/-/g, '+').replace(/_/g, '/') + '='.repeat((4 - text.length % 4) % 4));
  }

  // The private key out of an encrypted PKCS #8 file: PBES2 with PBKDF2, HMAC-SHA-256 and AES-256-CBC (RFC 8018).
  async function decrypt(pem, passphrase) {
    var match = /-----BEGIN ENCRYPTED PRIVATE KEY-----([\s\S]+?)-----END/.exec(pem);
    if (!match) throw new Error('no encrypted key');
    var parts = children(element(fromBase64(match[1].replace(/\s/g, '')), 0));
    var scheme = children(parts[0]);
    var methods = children(scheme[1]);
    var derivation = children(methods[0]);
    var parameters = children(derivation[1]);
    var cipher = children(methods[1]);
    if (hex(scheme[0].content) !== OIDS.pbes2 || hex(derivation[0].content) !== OIDS.pbkdf2 || hex(cipher[0].content) !== OIDS.aes256
      || hex(children(parameters[parameters.length - 1])[0].content) !== OIDS.hmacSha256) throw new Error('another way of encryption');
    var iterations = parseInt(hex(parameters[1].content), 16);
    var secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, ['deriveKey']);
    var key = await crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt: parameters[0].content, iterations: iterations }, secret, { name: 'AES-CBC', length: 256 }, false, ['decrypt']);
    return crypto.subtle.decrypt({ name: 'AES-CBC', iv: cipher[1].content }, key, parts[1].content);
  }

  // Name of the public key, as the lists have it: the start of the SHA-256 of its SubjectPublicKeyInfo.
  async function nameOf(key) {
    var jwk = await crypto.subtle.exportKey('jwk', key);
    var head = [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04];
    var info = new Uint8Array(91);
    info.set(head, 0);
    info.set(fromUrlBase64(jwk.x), 27);
    info.set(fromUrlBase64(jwk.y), 59);
    return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', info)).subarray(0, 8));
  }

  async function sign(form) {
    var pem = await form.querySelector('[data-file]').files[0].text();
    var field = form.querySelector('[data-passphrase]');
    var key = await crypto.subtle.importKey('pkcs8', await decrypt(pem, field.value), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
    field.value = '';
    form.elements.key.value = await nameOf(key);
    for (var name of ['statement', 'approval'])
      form.elements[name].value = toBase64(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, fromBase64(form.dataset[name])));
    form.submit();
  }

  document.querySelectorAll('form[data-sign]').forEach(function (form) {
    var problem = form.querySelector('[data-problem]');
    function say(text) {
      problem.textContent = text;
      problem.hidden = false;
    }
    form.hidden = false;
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      problem.hidden = true;
      if (!window.crypto || !crypto.subtle) {
        say(form.dataset.insecure);
        return;
      }
      sign(form).catch(function () { say(form.dataset.wrong); });
    });
  });
})();
