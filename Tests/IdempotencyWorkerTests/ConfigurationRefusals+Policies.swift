extension ConfigurationRefusals {
  static let policies: [Case] = [
    Case(
      "policies:",
      "5:10: policies: is empty; expected a list, each a policy"),
    Case(
      "policies: []",
      "5:11: policies: is empty; expected one policy at least; nothing would be guarded"),
    Case(
      "policies: { name: p }",
      "5:11: policies: is a mapping; expected a list, each a policy"),
    Case(
      "policies: [p]",
      "5:12: policies[0]: is a single value; expected a mapping of settings"),
    Case(
      "policies: [{ match: {} }]",
      "5:12: policies[0].name: is missing; expected 1 to 64 of A-Z a-z 0-9 . _ -"),
    Case(
      "policies: [{ name: p }]",
      """
      5:12: policies[0].match: is missing; expected { methods: [POST], path: /… }; { path: /** } matches \
      every path
      """),
    Case(
      "policies: [{ name: \"a b\", match: {} }]",
      "5:20: policies[0].name: is not valid; expected 1 to 64 of A-Z a-z 0-9 . _ -"),
    Case(
      "policies: [{ name: p, match: { path: p } }]",
      "5:38: policies[0].match.path: is not valid; expected a path pattern. A path begins with /."),
    Case(
      "policies: [{ name: p, match: { path: \"/a/**/b\" } }]",
      "5:38: policies[0].match.path: is not valid; expected a path pattern. ** stands only at the end."),
    Case(
      "policies: [{ name: p, match: { methods: [] } }]",
      "5:41: policies[0].match.methods: is empty; expected one method at least"),
    Case(
      "policies: [{ name: p, match: { methods: [post, GET] } }]",
      """
      5:42: policies[0].match.methods[0]: is not valid; expected a method in upper case that changes \
      something, such as POST
      """,
      """
      5:48: policies[0].match.methods[1]: is not valid; expected a method in upper case that changes \
      something, such as POST
      """),
    Case(
      "policies: [{ name: p, match: { host: \"http://h\" } }]",
      """
      5:38: policies[0].match.host: is not valid; expected a host's name or address, with a port where only \
      that one is meant
      """),
    Case(
      "policies: [{ name: p, match: { trailingSlash: keep } }]",
      "5:47: policies[0].match.trailingSlash: is \"keep\"; expected ignore or significant"),
    Case(
      "policies: [{ name: p, match: { caseSensitive: 1 } }]",
      "5:47: policies[0].match.caseSensitive: is \"1\"; expected true or false"),
    Case(
      "policies: [{ name: p, match: { verbs: [POST] } }]",
      """
      5:32: policies[0].match.verbs: is not a setting; expected one of methods, path, host, trailingSlash, \
      caseSensitive
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, keyspace: \"a:b\" }]",
      "5:61: policies[0].keyspace: is not valid; expected 1 to 64 of A-Z a-z 0-9 . _ -"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: Idempotency-Key }]",
      "5:56: policies[0].key: is a single value; expected a mapping of settings"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { header: \"a b\" } }]",
      "5:66: policies[0].key.header: is not valid; expected the name of a header field"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { header: a, body: /b } }]",
      "5:75: policies[0].key.body: is given beside header; expected exactly one of header, body, path, derive"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { body: b } }]",
      "5:64: policies[0].key.body: is not valid; expected a JSON pointer such as /txSignature"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { path: walletId } }]",
      "5:64: policies[0].key.path: is not valid; expected a parameter of match.path: id"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { derive: principal } }]",
      """
      5:66: policies[0].key.derive: is a single value; expected a list, each principal or a JSON pointer such \
      as /amount
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { derive: [principal] } }]",
      "5:66: policies[0].key.derive: names no part of the operation; expected one JSON pointer at least"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { derive: [amount] } }]",
      "5:67: policies[0].key.derive[0]: is not valid; expected principal or a JSON pointer such as /amount"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { body: /a, strict: true } }]",
      "5:76: policies[0].key.strict: is true though the key is no header field; expected false, or key.header"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { derive: [/a], format: uuid } }]",
      "5:80: policies[0].key.format: is set though the key is derived; expected any"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { format: ulid } }]",
      "5:66: policies[0].key.format: is \"ulid\"; expected any, uuid or uuid-v4"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { required: \"true\" } }]",
      "5:68: policies[0].key.required: is a text in quotes; expected true or false"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, key: { requried: true } }]",
      "5:58: policies[0].key.requried: is not a setting; expected required?"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, scope: principal }]",
      "5:58: policies[0].scope: is a single value; expected a list, each principal, path, authority or header:NAME"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, scope: [user] }]",
      "5:59: policies[0].scope[0]: is not valid; expected principal, path, authority or header:NAME"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, scope: [path, path] }]",
      "5:65: policies[0].scope[1]: stands in the list twice; expected once"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, scope: [\"header:a b\"] }]",
      "5:59: policies[0].scope[0]: is not valid; expected principal, path, authority or header:NAME"),
  ]
}
