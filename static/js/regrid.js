// The table of a split counts along while households are given to the new grids.
(function () {
  "use strict";
  const form = document.querySelector("form[data-regrid]");
  if (!form) return;
  function count() {
    const sums = {};
    form.querySelectorAll("[data-residents] input:checked").forEach((input) => {
      const sum = (sums[input.value] = sums[input.value] || { households: 0, residents: 0 });
      sum.households += 1;
      sum.residents += Number(input.closest("[data-residents]").dataset.residents);
    });
    form.querySelectorAll("[data-part-sum]").forEach((place) => {
      const sum = sums[place.dataset.partSum] || { households: 0, residents: 0 };
      place.textContent = `${sum.households} 户，${sum.residents} 人`;
    });
  }
  form.addEventListener("change", count);
  count();
})();
