using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Identity;

namespace Edge.Box.Access;

/// <summary>A phone from which teachers sign in with the PIN alone.</summary>
/// <param name="Phone">Its mark.</param>
/// <param name="Number">By which the list names it.</param>
/// <param name="Teacher">The temporary teacher whose it is; null: the school's own.</param>
public sealed record TeacherPhone(string Phone, int Number, string? Teacher);

/// <summary>A teacher who is here until a day.</summary>
/// <param name="Name">As colleagues say it. It stays on the box.</param>
/// <param name="Pin">Hash of the PIN.</param>
/// <param name="Term">Until when.</param>
public sealed record TemporaryTeacher(string Name, string Pin, TeacherTerm Term);

/// <param name="Version">Of this form: 1.</param>
/// <param name="Phones">Known phones, oldest first.</param>
/// <param name="Temporary">Temporary teachers.</param>
public sealed record TeachersFile(int Version, ImmutableArray<TeacherPhone> Phones, ImmutableArray<TemporaryTeacher> Temporary);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(TeachersFile))]
internal sealed partial class TeacherJson : JsonSerializerContext;
