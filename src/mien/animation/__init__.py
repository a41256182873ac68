"""Moving a photograph's face by action units: pictures and clips with a known answer."""
