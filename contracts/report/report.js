document.querySelectorAll("#contract .copy").forEach((button) => {
  button.addEventListener("click", async () => {
    const text = button.closest(".command").querySelector("code").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.body.appendChild(document.createElement("textarea"));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 2000);
  });
});
// Scroll a long answer to what is at fault.
document.querySelectorAll("#contract .cause").forEach((cause) => {
  cause.addEventListener("toggle", () => cause.querySelectorAll("pre:has(mark)").forEach((pre) => {
    pre.scrollTop = pre.querySelector("mark").offsetTop - pre.offsetTop - 60;
  }));
});
// pytest-html writes its table below the result. Without scripts it stays there.
document.addEventListener("DOMContentLoaded", () => {
  const fold = document.querySelector("#tests");
  const count = document.querySelector(".run-count");
  fold.querySelector("summary").append(`: ${count.textContent}`);
  count.remove();
  fold.append(...document.querySelectorAll("p.filter, .controls, #results-table"));
  fold.hidden = false;
});
