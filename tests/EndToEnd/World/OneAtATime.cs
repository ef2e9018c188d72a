using Xunit.Sdk;
using Xunit.v3;

// Every test here starts processes that want the whole machine.
[assembly: Parallelization(Mode = ParallelMode.None)]
