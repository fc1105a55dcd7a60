extension ConfigurationRefusals {
  static let syntax: [Case] = [
    Case(
      "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2",
      "1:1: listen: stands more than once in one mapping, here first; expected once"),
    Case(
      "? [a]\n: b",
      "6:3: a setting's name is not a text; expected name: value"),
    Case(
      "a: [",
      "7:1: is not valid YAML: did not find expected node content"),
    Case(
      "a: b: c",
      "6:5: is not valid YAML: mapping values are not allowed in this context"),
    Case(
      "\ttab: 1",
      "6:1: is not valid YAML: found character that cannot start any token"),
    Case(
      "a: *x",
      "6:4: is not valid YAML: found undefined alias"),
    Case(
      "---\nb: 1",
      "6:1: is not valid YAML: but found another document"),
  ]
}
