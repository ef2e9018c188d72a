/* Shows a PDF page below page, with pdf.js, for phones have no viewer of their own. ES5.
   A page is drawn when it comes near the screen and given up when it is far: a long book must not fill an old phone.
   #page-7 in the address goes to that page. When it fails, the buttons below the frame open or save the file. */
(function () {
  'use strict';
  var frame = document.getElementById('pdf');
  if (!frame || !window.XMLHttpRequest || !document.createElement('canvas').getContext) { return; }
  var note = frame.querySelector('p'), places = [], book = null, near = 1.5;

  function say(name) { note.textContent = frame.getAttribute('data-' + name); }
  function fail() { say('failed'); }

  function place(number, width, height) {
    var box = document.createElement('div');
    box.className = 'sheet';
    box.id = 'page-' + number;
    box.setAttribute('role', 'img');
    box.setAttribute('aria-label', frame.getAttribute('data-page').replace('{0}', number));
    box.style.paddingTop = (100 * height / width) + '%';
    frame.appendChild(box);
    return { box: box, number: number, drawn: false, task: null };
  }

  function draw(p) {
    p.drawn = true;
    book.getPage(p.number).then(function (page) {
      if (!p.drawn) { return; }
      var natural = page.getViewport({ scale: 1 });
      p.box.style.paddingTop = (100 * natural.height / natural.width) + '%';
      var view = page.getViewport({ scale: p.box.clientWidth * Math.min(window.devicePixelRatio || 1, 2) / natural.width });
      var canvas = document.createElement('canvas');
      canvas.width = view.width;
      canvas.height = view.height;
      p.task = page.render({ canvasContext: canvas.getContext('2d'), viewport: view });
      p.task.promise.then(function () {
        p.task = null;
        if (p.drawn) { p.box.innerHTML = ''; p.box.appendChild(canvas); p.box.setAttribute('data-drawn', ''); }
      }, function () { p.task = null; });
    }, fail);
  }

  function drop(p) {
    p.drawn = false;
    if (p.task) { p.task.cancel(); p.task = null; }
    p.box.innerHTML = '';
    p.box.removeAttribute('data-drawn');
  }

  function look() {
    var height = window.innerHeight;
    places.forEach(function (p) {
      var at = p.box.getBoundingClientRect(), wanted = at.bottom > -near * height && at.top < (1 + near) * height;
      if (wanted && !p.drawn) { draw(p); } else if (!wanted && p.drawn) { drop(p); }
    });
  }

  function open() {
    var pdf = window['pdfjs-dist/build/pdf'];
    if (!pdf) { fail(); return; }
    pdf.GlobalWorkerOptions.workerSrc = frame.getAttribute('data-worker');
    pdf.getDocument({ url: frame.getAttribute('data-src'), isEvalSupported: false, cMapUrl: frame.getAttribute('data-cmaps'), cMapPacked: true, disableAutoFetch: true, enableXfa: false })
      .promise.then(function (loaded) {
        book = loaded;
        return book.getPage(1);
      }).then(function (first) {
        var size = first.getViewport({ scale: 1 });
        note.textContent = '';
        for (var n = 1; n <= book.numPages; n++) { places.push(place(n, size.width, size.height)); }
        var wanted = location.hash && document.getElementById(location.hash.slice(1));
        if (wanted) { wanted.scrollIntoView(); }
        look();
        window.addEventListener('scroll', look);
        window.addEventListener('resize', look);
      }).then(null, fail);
  }

  say('loading');
  var script = document.createElement('script');
  script.src = frame.getAttribute('data-lib');
  script.onload = open;
  script.onerror = fail;
  document.head.appendChild(script);
}());
