// Ages grow while a page stands; without scripts the clock times stand alone.
"use strict";
(function () {
  function told(minutes) {
    if (minutes < 1) return "just now";
    if (minutes < 60) return Math.floor(minutes) + " min ago";
    if (minutes < 2880) return Math.floor(minutes / 60) + " h " + Math.floor(minutes % 60) + " min ago";
    return Math.floor(minutes / 1440) + " days ago";
  }
  function show() {
    // A page of an earlier time tells the ages of then.
    var now = document.body.dataset.seen ? Date.parse(document.body.dataset.seen) : Date.now();
    document.querySelectorAll("time[data-age]").forEach(function (time) {
      var minutes = (now - Date.parse(time.dateTime)) / 60000;
      if (isNaN(minutes)) return;
      if (!time.dataset.clock) time.dataset.clock = time.textContent;
      time.textContent = time.dataset.clock + " (" + told(minutes) + ")";
    });
  }
  show();
  window.setInterval(show, 15000);
})();
