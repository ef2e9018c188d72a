using System.Globalization;

namespace TestKit.Processes;

/// <summary>What a process has used so far, as Linux tells (proc_pid_stat(5), proc_pid_status(5)).</summary>
/// <param name="Cpu">User and system time since its start.</param>
/// <param name="ResidentBytes">Physical memory, with the pages of mapped files.</param>
/// <param name="AnonymousBytes">The part of it that is no file's: heaps and stacks.</param>
public readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes, long AnonymousBytes)
{
    /// <summary>Linux counts in hundredths of a second towards programs, whatever the kernel's own tick.</summary>
    private const long TicksPerClockTick = TimeSpan.TicksPerSecond / 100;

    /// <exception cref="IOException">There is no such process.</exception>
    public static ProcessUsage Of(int process)
    {
        (TimeSpan cpu, _) = Stat(process);
        long resident = 0, anonymous = 0;
        foreach (string line in File.ReadLines($"/proc/{process}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                resident = Kilobytes(line);
            else if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
                anonymous = Kilobytes(line);
        }
        return new ProcessUsage(cpu, resident, anonymous);
    }

    /// <summary>A process and its children together, such as a master and its workers.</summary>
    public static ProcessUsage OfFamily(int process)
    {
        ProcessUsage sum = Of(process);
        foreach (int child in ChildrenOf(process))
        {
            try
            {
                sum += Of(child);
            }
            catch (IOException)
            {
                // It ended while we looked around.
            }
        }
        return sum;
    }

    /// <summary>The processes that a process has started and that live.</summary>
    public static IReadOnlyList<int> ChildrenOf(int process)
    {
        var children = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), out int id) && Stat(id).Parent == process)
                    children.Add(id);
            }
            catch (IOException)
            {
                // It ended while we looked around.
            }
        }
        return children;
    }

    /// <summary>Processor time of the threads of a process whose names begin with <paramref name="name"/>.</summary>
    public static TimeSpan OfThreads(int process, string name)
    {
        TimeSpan sum = TimeSpan.Zero;
        foreach (string folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            if (File.ReadAllText(Path.Combine(folder, "comm")).StartsWith(name, StringComparison.Ordinal))
                sum += Stat($"{process}/task/{Path.GetFileName(folder)}").Cpu;
        }
        return sum;
    }

    public static ProcessUsage operator +(ProcessUsage one, ProcessUsage other) =>
        new(one.Cpu + other.Cpu, one.ResidentBytes + other.ResidentBytes, one.AnonymousBytes + other.AnonymousBytes);

    public static ProcessUsage Add(ProcessUsage left, ProcessUsage right) => left + right;

    private static (TimeSpan Cpu, int Parent) Stat(int process) => Stat(process.ToString(CultureInfo.InvariantCulture));

    private static (TimeSpan Cpu, int Parent) Stat(string process)
    {
        string text = File.ReadAllText($"/proc/{process}/stat");
        // The second field is the name in brackets and may hold anything; counted from behind it, the state is field 3.
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (new TimeSpan((Number(fields[11]) + Number(fields[12])) * TicksPerClockTick), (int)Number(fields[1]));
    }

    private static long Kilobytes(string line) => Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) << 10;

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
