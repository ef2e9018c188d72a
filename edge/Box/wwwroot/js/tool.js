/* Runs before a tool's own scripts, in each of its pages. ES5.
   A tool has no origin of its own, so its browser gives it no storage, and many tools stop there: they get one that lasts as long as the page.
   Connections from browser to browser are under no rule of a page that all browsers know: they are taken away, and so are frames with a page or
   a script written into them, in which this one would not run. Such a frame is gone before its page begins: browsers begin it in a task of its own. */
(function () {
  'use strict';
  function storage() {
    var kept = {}, names = [];
    var api = {
      getItem: function (name) { name = String(name); return Object.prototype.hasOwnProperty.call(kept, '$' + name) ? kept['$' + name] : null; },
      setItem: function (name, value) { name = String(name); if (api.getItem(name) === null) { names.push(name); } kept['$' + name] = String(value); },
      removeItem: function (name) { name = String(name); if (api.getItem(name) !== null) { delete kept['$' + name]; names.splice(names.indexOf(name), 1); } },
      clear: function () { kept = {}; names = []; },
      key: function (index) { return index < names.length ? names[index] : null; }
    };
    Object.defineProperty(api, 'length', { get: function () { return names.length; } });
    return api;
  }
  ['localStorage', 'sessionStorage'].forEach(function (name) {
    try { if (window[name]) { return; } } catch (e) { /* refused: that is what this is for */ }
    try { Object.defineProperty(window, name, { value: storage(), configurable: false, writable: false }); } catch (e) { /* an engine that does not let us: the tool is as it was */ }
  });

  /* What browsers give is taken now, before a tool could put something else in its place. */
  var bind = Function.prototype.call.bind.bind(Function.prototype.call), Observer = window.MutationObserver;
  function getter(type, name) {
    var property = Object.getOwnPropertyDescriptor(type.prototype, name);
    return property && property.get ? bind(property.get) : function (node) { return node[name]; };
  }
  function watch() {
    var ofInner = getter(HTMLIFrameElement, 'src'), ofOuter = getter(window.HTMLFrameElement || HTMLIFrameElement, 'src'), has = bind(Element.prototype.hasAttribute);
    var parentOf = getter(Node, 'parentNode'), remove = bind(Node.prototype.removeChild), unset = bind(Element.prototype.removeAttribute), observe = bind(Observer.prototype.observe);
    /* What only bears a frame's name, such as one of SVG, has no source and shows no page. */
    function sourceOf(node) {
      try { return ofInner(node); } catch (e) { try { return ofOuter(node); } catch (e2) { return ''; } }
    }
    var attach = Element.prototype.attachShadow, shadow = attach && bind(attach);
    function start(root) {
      var find = bind(root.querySelectorAll);
      function sweep() {
        var found = find(root, 'iframe,frame');
        for (var i = 0; found[i]; i++) {
          var source = sourceOf(found[i]) || 'http', scheme = source[0] + source[1] + source[2] + source[3];
          if (!has(found[i], 'srcdoc') && (scheme === 'http' || scheme === 'abou')) { continue; }
          unset(found[i], 'srcdoc');
          unset(found[i], 'src');
          if (parentOf(found[i])) { remove(parentOf(found[i]), found[i]); }
        }
      }
      observe(new Observer(sweep), root, { childList: true, subtree: true, attributes: true, attributeFilter: ['srcdoc', 'src'] });
    }
    start(document);
    if (attach) { Element.prototype.attachShadow = function (how) { var root = shadow(this, how); start(root); return root; }; }
  }
  if (Observer) { watch(); }

  ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel'].forEach(function (name) {
    try { Object.defineProperty(window, name, { value: undefined, configurable: false, writable: false }); } catch (e) { /* none there */ }
  });
}());
