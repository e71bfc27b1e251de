/// The filters that templates may use; any other name is refused when the template is loaded.
enum TemplateFilter: String, Sendable {
  case abs, capitalize, count, `default`, d, first, float, indent, int, items, join, last, length
  case list, lower, map, reject, rejectattr, replace, reverse, safe, select, selectattr, sort
  case string, title, tojson, trim, unique, upper
}

/// The tests behind `is` that templates may use.
enum TemplateTest: String, Sendable {
  case boolean, callable, defined, divisibleby, eq, equalto, even, `false`, float, ge, greaterthan
  case gt, `in`, integer, iterable, le, lessthan, lt, mapping, ne, none, number, odd, sameas
  case sequence, string, `true`, undefined
}

/// The methods that templates may call, whatever they are called on.
enum TemplateMethod: String, Sendable {
  case capitalize, count, cycle, endswith, find, get, index, isdigit, items, join, keys, lower
  case lstrip, removeprefix, removesuffix, replace, rsplit, rstrip, split, splitlines
  case startswith, strip, title, upper, values
}

/// The functions that exist without being defined.
enum TemplateFunction: String, Sendable {
  case dict, namespace, raiseException = "raise_exception", range
  case strftimeNow = "strftime_now"
}
