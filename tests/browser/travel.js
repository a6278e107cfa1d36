// Journeys of a page's mirror of a stream between a server and the page; says what each shows in the end, and the truth.
async ([path, journeys, kept]) => {
  const { Mirror } = await import(path);
  const sorted = (value) => Object.fromEntries(Object.keys(value).sort().map((key) => [key, sameKeys(value[key])]));
  const sameKeys = (value) => {
    if (value === null || typeof value !== "object") return value;
    return Array.isArray(value) ? value.map(sameKeys) : sorted(value);
  };
  return journeys.map(({ streams, steps }) => {
    let server = { stream: streams[0], number: 1, place: -1 };
    const isThere = (name, number) => name === server.stream.name && number > 0 && number <= server.number;
    const placeOf = (name, number) => (isThere(name, number) ? number : -1);
    const next = () => {
      if (server.place === server.number) return null;
      const common = { stream: server.stream.name };
      const wanted = server.place + 1;
      const isKept = server.place > 0 && wanted > server.number - kept;
      server.place = isKept ? wanted : server.number;
      return isKept
        ? { type: "change", number: wanted, change: server.stream.changes[wanted], ...common }
        : { type: "snapshot", number: server.number, state: server.stream.states[server.number], ...common };
    };
    const make = () => new Mirror((asked) => (server.place = placeOf(asked.stream, asked.number)));
    let page = make();
    const take = (message) => message && page.take(message);
    const connect = () => { server.place = placeOf(page.stream, page.number); page.connected(); };
    for (const step of steps) {
      if (step === "changes") server.number = Math.min(server.number + 1, server.stream.states.length - 1);
      else if (step === "arrives") take(next());
      else if (step === "lost") next();
      else if (step === "twice") { const message = next(); take(message); take(message); }
      else if (step === "late") { const first = next(); take(next()); take(first); }
      else if (step === "cut") connect();
      else if (step === "reload") { page = make(); connect(); }
      else if (step === "dies") { server = { stream: streams[1], number: 1, place: -1 }; connect(); }
    }
    for (let beats = 0; beats < 4; beats += 1) {
      for (let message = next(); message; message = next()) take(message);
      take({ type: "beat", stream: server.stream.name, number: server.number });
    }
    return [JSON.stringify(sameKeys(page.state)), JSON.stringify(sameKeys(server.stream.states[server.number]))];
  });
}
