// The partition policies, one file each. From outside they are made by name
// (partition_policy.h).
#pragma once

#include <memory>

#include "policies/partition_policy.h"

namespace twinfer {

std::unique_ptr<PartitionPolicy> make_local();
std::unique_ptr<PartitionPolicy> make_remote();
std::unique_ptr<PartitionPolicy> make_split(LayerId after);
std::unique_ptr<PartitionPolicy> make_neurosurgeon();
std::unique_ptr<PartitionPolicy> make_lbc();
std::unique_ptr<PartitionPolicy> make_nsc();
std::unique_ptr<PartitionPolicy> make_cascade();
std::unique_ptr<PartitionPolicy> make_dads();
std::unique_ptr<PartitionPolicy> make_das();
std::unique_ptr<PartitionPolicy> make_papdl();
std::unique_ptr<PartitionPolicy> make_exact_latency();
std::unique_ptr<PartitionPolicy> make_exact_throughput();
std::unique_ptr<PartitionPolicy> make_joint();
std::unique_ptr<PartitionPolicy> make_energy();
std::unique_ptr<PartitionPolicy> make_exhaustive();

}  // namespace twinfer
