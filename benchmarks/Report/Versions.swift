/// What was measured, in which version.
enum Versions {
  /// One line for a report; what is not installed is not in it.
  static var text: String {
    let programs = [
      ("Swift", "swift", "--version"), ("Redis", "redis-server", "--version"), ("nginx", "nginx", "-v"),
    ]
    let versions = programs.compactMap { name, program, argument -> String? in
      guard let output = try? CommandOutput(of: [program, argument]), output.status == 0,
        let version = output.text.firstMatch(of: /[0-9]+\.[0-9.]*[0-9]/)
      else { return nil }
      return "\(name) \(version.output)"
    }
    return versions.joined(separator: ", ")
  }
}
