// A platform inline in a resolved scenario. Private to core/.
#pragma once

#include "core/platform.h"
#include "core/yaml_fields.h"

namespace twinfer {

// Throws InputError naming the field.
Platform read_resolved_platform(YamlFields fields);

void emit_resolved_platform(YAML::Emitter& out, const Platform& platform);

}  // namespace twinfer
