for (const data of document.querySelectorAll(".plot-data")) {
  const figure = JSON.parse(data.textContent);
  Plotly.newPlot(data.dataset.plot, figure.data, figure.layout, { responsive: true, displayModeBar: false });
}
